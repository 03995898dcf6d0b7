"""What people, institutions and undertakings are called, in Korean and English."""

SURNAMES = (
    ("김", "Kim", 215), ("이", "Lee", 147), ("박", "Park", 84), ("최", "Choi", 47), ("정", "Jung", 43), ("강", "Kang", 24),
    ("조", "Cho", 21), ("윤", "Yoon", 20), ("장", "Jang", 19), ("임", "Lim", 17), ("한", "Han", 15), ("오", "Oh", 15),
    ("서", "Seo", 15), ("신", "Shin", 15), ("권", "Kwon", 14), ("황", "Hwang", 14), ("안", "Ahn", 14), ("송", "Song", 14),
    ("류", "Ryu", 13), ("홍", "Hong", 11), ("남궁", "Namgung", 1), ("선우", "Sunwoo", 1),
)  # fmt: skip
GIVEN = (
    ("민", "Min"), ("서", "Seo"), ("준", "Jun"), ("지", "Ji"), ("현", "Hyun"), ("우", "Woo"), ("영", "Young"), ("수", "Su"),
    ("진", "Jin"), ("은", "Eun"), ("호", "Ho"), ("경", "Kyung"), ("태", "Tae"), ("성", "Sung"), ("하", "Ha"), ("윤", "Yun"),
    ("혜", "Hye"), ("재", "Jae"), ("동", "Dong"), ("승", "Seung"), ("희", "Hee"), ("철", "Chul"), ("미", "Mi"), ("정", "Jung"),
    ("원", "Won"), ("연", "Yeon"), ("규", "Kyu"), ("상", "Sang"), ("선", "Sun"), ("훈", "Hoon"), ("아", "Ah"), ("석", "Seok"),
)  # fmt: skip
ABROAD_FIRST = (
    "Daniela", "Michael", "Anna", "David", "Sofia", "James", "Wei", "Yuki", "Priya", "Lars", "Elena", "Thomas", "Aisha", "Pierre",
    "Julia", "Rafael", "Ming", "Haruto", "Ingrid", "Mateo", "Chloe", "Omar", "Katarzyna", "Peter", "Nguyen",
)  # fmt: skip
ABROAD_LAST = (
    "Rus", "Smith", "Johnson", "Schmidt", "Müller", "Garcia", "Zhang", "Wang", "Tanaka", "Sato", "Patel", "Andersen", "Rossi",
    "Dubois", "Novak", "Ivanova", "Silva", "Chen", "Brown", "Lindqvist", "Khan", "O'Neill", "Van Dyk", "Kowalski", "Tran",
)  # fmt: skip
PLACES = (
    ("서울", "Seoul"), ("부산", "Busan"), ("대구", "Daegu"), ("인천", "Incheon"), ("광주", "Gwangju"), ("대전", "Daejeon"),
    ("울산", "Ulsan"), ("세종", "Sejong"), ("경기", "Gyeonggi"), ("강원", "Gangwon"), ("충북", "Chungbuk"), ("충남", "Chungnam"),
    ("전북", "Jeonbuk"), ("전남", "Jeonnam"), ("경북", "Gyeongbuk"), ("경남", "Gyeongnam"), ("제주", "Jeju"), ("포항", "Pohang"),
    ("수원", "Suwon"), ("청주", "Cheongju"), ("전주", "Jeonju"), ("창원", "Changwon"), ("한빛", "Hanbit"), ("가온", "Gaon"),
)  # fmt: skip
CITIES_ABROAD = (
    ("Boston", "US"), ("Zurich", "CH"), ("Berlin", "DE"), ("Toronto", "CA"), ("Cambridge", "GB"), ("Kyoto", "JP"), ("Singapore", "SG"),
    ("Paris", "FR"), ("Austin", "US"), ("Delft", "NL"), ("Uppsala", "SE"), ("Hanoi", "VN"),
)  # fmt: skip
HOUSES = (  # kind, Korean, English, weight
    ("university", "대학교", "University", 30), ("research_institute", "연구원", "Research Institute", 18),
    ("company", "테크", "Technologies", 22), ("company", "에너지솔루션", "Energy Solutions", 8), ("company", "바이오", "Bio", 8),
    ("hospital", "대학교병원", "University Hospital", 5), ("local_government", "광역시", "Metropolitan City", 3),
    ("fund", "과학재단", "Science Foundation", 2), ("research_institute", "테크노파크", "Technopark", 4),
)  # fmt: skip
PAYERS = (  # the first institutions of every made-up registry, in this order; the first of all takes part in 8 % of the projects
    ("university", "한국과학대학교", "Korea Science University"),
    ("agency", "국가연구관리재단", "National Research Management Foundation"),
    ("agency", "산업기술기획진흥원", "Industrial Technology Promotion Institute"),
    ("ministry", "과학혁신부", "Ministry of Science and Innovation"),
    ("ministry", "산업진흥부", "Ministry of Industry"),
    ("agency", "정보통신평가원", "ICT Evaluation Institute"),
    ("local_government", "빛고을광역시", "Bitgoeul Metropolitan City"),
    ("local_government", "한밭광역시", "Hanbat Metropolitan City"),
)  # fmt: skip
COMPANY_NAMES = (
    ("미래", "Mirae"), ("한울", "Hanul"), ("누리", "Nuri"), ("새롬", "Saerom"), ("대한", "Daehan"), ("동방", "Dongbang"),
    ("아라", "Ara"), ("세빛", "Sebit"), ("다온", "Daon"), ("해솔", "Haesol"), ("우림", "Woorim"), ("신성", "Shinsung"),
)  # fmt: skip
FIELDS = (
    ("인공지능", "AI"), ("로봇", "robots"), ("수소", "hydrogen"), ("이차전지", "secondary batteries"), ("반도체", "semiconductors"),
    ("바이오", "biotechnology"), ("양자", "quantum technology"), ("우주", "space"), ("소재", "materials"), ("기후", "climate"),
    ("의료", "medicine"), ("모빌리티", "mobility"),
)  # fmt: skip
AIMS = (
    ("차세대", "Next-generation"), ("고효율", "High-efficiency"), ("초저전력", "Ultra-low-power"), ("지능형", "Intelligent"),
    ("친환경", "Green"), ("자율", "Autonomous"), ("초정밀", "High-precision"), ("데이터 기반", "Data-driven"), ("신뢰 가능한", "Trustworthy"),
    ("현장 맞춤형", "Field-ready"), ("대면적", "Large-area"), ("실시간", "Real-time"), ("저비용", "Low-cost"), ("융합형", "Converging"),
)  # fmt: skip
SUBJECTS = (
    ("휴머노이드로봇 제어", "humanoid robot control"), ("수소 생산 촉매", "hydrogen production catalysts"),
    ("전고체 전지 전극", "solid-state battery electrodes"), ("로봇 스킨", "soft robot skin"), ("뉴로모픽 소자", "neuromorphic devices"),
    ("인체 마이크로바이옴 분석", "human microbiome analysis"), ("언어모델 추론", "language model inference"),
    ("양자 센서", "quantum sensors"), ("단백질 구조 예측", "protein structure prediction"), ("자율주행 인지", "driving perception"),
    ("의료 영상 판독", "medical image reading"), ("탄소 포집 공정", "carbon capture processes"), ("위성 영상 해석", "satellite image analysis"),
    ("광통신 소자", "optical communication devices"), ("스마트 제조 공정", "smart manufacturing"), ("해양 환경 감시", "ocean monitoring"),
    ("유전자 편집 치료", "gene editing therapy"), ("전력망 운영", "power grid operation"), ("도시 교통 예측", "urban traffic prediction"),
    ("기후 재해 조기경보", "early warning of climate disasters"), ("고분자 분리막", "polymer membranes"), ("암호 프로토콜", "cryptographic protocols"),
    ("농업 로봇", "farm robots"), ("디지털 트윈", "digital twins"),
)  # fmt: skip
DOINGS = (
    ("원천기술 개발", "core technology"), ("공동연구", "joint research"), ("실증", "demonstration"), ("설계", "design"),
    ("플랫폼 구축", "platform"), ("표준화", "standardisation"), ("국제협력", "international cooperation"), ("사업화", "commercialisation"),
    ("기반 구축", "infrastructure"), ("인력양성", "training"),
)  # fmt: skip
PROGRAM_WORDS = (
    ("국제공동연구사업", "Joint Research Program"), ("핵심기술개발사업", "Core Technology Program"), ("선도연구센터 지원사업", "Leading Research Center Program"),
    ("혁신도전 프로젝트", "Innovation Challenge"), ("지역혁신 메가프로젝트", "Regional Innovation Mega-project"), ("글로벌 연구실 사업", "Global Research Laboratory"),
)  # fmt: skip
PERSON_TITLES = (("교수", "professor"), ("부교수", "associate professor"), ("선임연구원", "senior researcher"), ("책임연구원", "principal researcher"),
                 ("연구원", "researcher"), ("박사후연구원", "postdoctoral researcher"), ("수석연구원", "chief researcher"), ("", ""))  # fmt: skip
CATEGORIES = (
    "personnel",
    "activities",
    "materials",
    "equipment",
    "indirect",
    "commissioned",
    "",
    "",
    "",
    "",
)  # funding.models.Category
LINES = (("정부출연금", "Government contribution"), ("기관부담금", "Institution's share"), ("기업부담금", "Company's share"),
         ("지방비 매칭", "Local matching fund"), ("국제협력 분담금", "International share"), ("", ""))  # fmt: skip
GOALS = (("시제품 제작", "prototype built"), ("1차 성능 시험", "first performance test"), ("데이터 공개", "data released"), ("중간 평가", "mid-term review"),
         ("현장 실증", "field demonstration"), ("표준안 제출", "draft standard submitted"), ("최종 평가", "final review"))  # fmt: skip
EVENTS = (("kick_off", "착수회의", "kick-off meeting"), ("workshop", "공동 워크숍", "joint workshop"), ("seminar", "세미나", "seminar"),
          ("visit", "방문 연구", "research visit"), ("meeting", "진도 점검 회의", "progress meeting"), ("conference", "성과 발표회", "conference"))  # fmt: skip
REASONS = (
    "연차 협약 변경",
    "기관 보고 반영",
    "정기 점검",
    "예산 조정",
    "오기 정정",
    "참여인력 변경",
    "평가 결과 반영",
    "자료 보완",
)
MADE_BY = "make_registry"
